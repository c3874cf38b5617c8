import torch
import torch.nn.functional as F

a = torch.tensor(3, dtype=torch.float64)
a.requires_grad_()

y = torch.where(a > 0, a * 2, a * 5)
y.backward()
print("a.grad =", a.grad)
