import torch
import torch.nn.functional as F

w = torch.tensor(0, dtype=torch.float64)
w.requires_grad_()
v = torch.tensor(0, dtype=torch.float64)
v.requires_grad_()
x = torch.tensor(2, dtype=torch.float64)
t = torch.tensor(1, dtype=torch.float64)

h = torch.tanh(w * x)
y = v * h
loss = (y - t) ** 2
loss.backward()
print("w.grad =", w.grad)
print("v.grad =", v.grad)
