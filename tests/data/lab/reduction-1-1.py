import torch
import torch.nn.functional as F

p = torch.tensor([1,2,3,4], dtype=torch.float64)
p.requires_grad_()
y = torch.tensor([2,1,5,8], dtype=torch.float64)

loss = F.l1_loss(p, y)
loss.backward()
print("p.grad =", p.grad)
