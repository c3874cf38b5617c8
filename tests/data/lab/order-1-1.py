import torch
import torch.nn.functional as F

x = torch.tensor(3, dtype=torch.float64)
x.requires_grad_()

s = x * x
y = s * s
y.backward()
print("x.grad =", x.grad)
