import torch
import torch.nn.functional as F

w = torch.tensor(0, dtype=torch.float64)
w.requires_grad_()
b = torch.tensor(0, dtype=torch.float64)
b.requires_grad_()
x = torch.tensor(2, dtype=torch.float64)
y = torch.tensor(4, dtype=torch.float64)

p = w * x + b
loss = (p - y) ** 2
loss.backward()
print("w.grad =", w.grad)
print("b.grad =", b.grad)
torch.optim.SGD([w, b], lr=0.05).step()
print("w =", w.detach())
print("b =", b.detach())
