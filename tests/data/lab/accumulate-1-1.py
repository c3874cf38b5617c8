import torch
import torch.nn.functional as F

a = torch.tensor(3, dtype=torch.float64)
a.requires_grad_()

b = a + a
b.backward()
print("a.grad =", a.grad)
