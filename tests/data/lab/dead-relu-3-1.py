import torch
import torch.nn.functional as F

w = torch.tensor(1, dtype=torch.float64)
w.requires_grad_()
b = torch.tensor(-10, dtype=torch.float64)
b.requires_grad_()
x = torch.tensor(2, dtype=torch.float64)
t = torch.tensor(1, dtype=torch.float64)

s = w * x + b
y = F.leaky_relu(s)
loss = (y - t) ** 2
loss.backward()
print("w.grad =", w.grad)
print("b.grad =", b.grad)
