import torch
import torch.nn.functional as F

a = torch.tensor(-2, dtype=torch.float64)
a.requires_grad_()

y = torch.where(a > 0, torch.sqrt(a), a)
y.backward()
print("a.grad =", a.grad)
