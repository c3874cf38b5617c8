import torch
import torch.nn.functional as F

a = torch.tensor(2, dtype=torch.float64)
a.requires_grad_()
b = torch.tensor(3, dtype=torch.float64)
b.requires_grad_()
t = torch.tensor(1, dtype=torch.float64)

p = a * b
q = p + t
y = q * p
y.backward()
print("a.grad =", a.grad)
print("b.grad =", b.grad)
