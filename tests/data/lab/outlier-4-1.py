import torch
import torch.nn.functional as F

p = torch.tensor([1,2,3], dtype=torch.float64)
p.requires_grad_()
y = torch.tensor([1.5,1.5,40], dtype=torch.float64)

loss = F.mse_loss(p, y)
loss.backward()
print("p.grad =", p.grad)
