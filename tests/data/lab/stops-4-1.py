import torch
import torch.nn.functional as F

w = torch.tensor(2, dtype=torch.float64)
w.requires_grad_()
b = torch.tensor(1, dtype=torch.float64)
b.requires_grad_()
x = torch.tensor(3, dtype=torch.float64)
t = torch.tensor(4, dtype=torch.float64)

loss = (w * x + b - t) ** 2
loss.backward()
print("w.grad =", w.grad)
print("b.grad =", b.grad)
