import torch
import torch.nn.functional as F

a = torch.tensor(2, dtype=torch.float64)
a.requires_grad_()
b = torch.tensor(5, dtype=torch.float64)
b.requires_grad_()

m = torch.maximum(a, b)
y = 3 * m
y.backward()
print("a.grad =", a.grad)
print("b.grad =", b.grad)
