import torch
import torch.nn.functional as F

a = torch.tensor(-3, dtype=torch.float64)
a.requires_grad_()

y = 4 * torch.abs(a)
y.backward()
print("a.grad =", a.grad)
