import torch
import torch.nn.functional as F

a = torch.tensor(0.5, dtype=torch.float64)
a.requires_grad_()
b = torch.tensor(0.5, dtype=torch.float64)
b.requires_grad_()
c = torch.tensor(0.5, dtype=torch.float64)
c.requires_grad_()
d = torch.tensor(0.5, dtype=torch.float64)
d.requires_grad_()
x = torch.tensor(1, dtype=torch.float64)
t = torch.tensor(2, dtype=torch.float64)

u = torch.tanh(a * x)
v = torch.tanh(b * x)
y = c * u + d * v
loss = (y - t) ** 2
loss.backward()
print("a.grad =", a.grad)
print("b.grad =", b.grad)
print("c.grad =", c.grad)
print("d.grad =", d.grad)
