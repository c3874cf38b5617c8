import torch
import torch.nn.functional as F

a = torch.tensor(2, dtype=torch.float64)
a.requires_grad_()
b = torch.tensor(3, dtype=torch.float64)
b.requires_grad_()

c = a + b
d = a * b
y = c * d
y.backward()
print("a.grad =", a.grad)
print("b.grad =", b.grad)
