import torch
import torch.nn.functional as F

a = torch.tensor(0.5, dtype=torch.float64)
a.requires_grad_()
b = torch.tensor(1, dtype=torch.float64)
b.requires_grad_()

t = torch.tanh(a)
e = torch.exp(b)
y = t + e
y.backward()
print("a.grad =", a.grad)
print("b.grad =", b.grad)
