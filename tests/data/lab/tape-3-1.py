import torch
import torch.nn.functional as F

w = torch.tensor(0.75, dtype=torch.float64)
w.requires_grad_()
x = torch.tensor(2, dtype=torch.float64)
b = torch.tensor(-1, dtype=torch.float64)
b.requires_grad_()
t = torch.tensor(1, dtype=torch.float64)
t.requires_grad_()

s = w * x + b
y = torch.tanh(s)
loss = (y - t) ** 2
loss.backward()
print("w.grad =", w.grad)
print("b.grad =", b.grad)
print("t.grad =", t.grad)
