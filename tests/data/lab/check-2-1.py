import torch
import torch.nn.functional as F

x = torch.tensor(1, dtype=torch.float32)
x.requires_grad_()

y = torch.exp(x)
y.backward()
print("x.grad =", x.grad)
