import torch
import torch.nn.functional as F

x = torch.tensor(3, dtype=torch.float64)
x.requires_grad_()

y = x * x
y.backward()
print("x.grad =", x.grad)
