import torch
import torch.nn.functional as F

a = torch.tensor(2, dtype=torch.float64)
a.requires_grad_()

d = torch.Tensor.detach(a)
y = a * d
y.backward()
print("a.grad =", a.grad)
