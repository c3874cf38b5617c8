import torch
import torch.nn.functional as F

w = torch.tensor(3, dtype=torch.float64)
w.requires_grad_()
x = torch.tensor(2, dtype=torch.float64)
b = torch.tensor(1, dtype=torch.float64)
b.requires_grad_()
t = torch.tensor(5, dtype=torch.float64)
t.requires_grad_()

p = w * x + b
e = p - t
loss = e ** 2
loss.backward()
print("w.grad =", w.grad)
print("b.grad =", b.grad)
print("t.grad =", t.grad)
