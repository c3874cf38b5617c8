import torch
import torch.nn.functional as F

a = torch.tensor(2, dtype=torch.float64)
a.requires_grad_()

for i in range(3):
    y = a * a
    y.backward()
    print("a.grad =", a.grad)
