import torch
import torch.nn.functional as F

w = torch.tensor(3, dtype=torch.float64)
w.requires_grad_()

loss = w * w
loss.backward()
print("w.grad =", w.grad)
torch.optim.SGD([w], lr=0.1).step()
print("w =", w.detach())
