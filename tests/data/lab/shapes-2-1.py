import torch
import torch.nn.functional as F

x = torch.tensor([[1],[2],[3]], dtype=torch.float64)
x.requires_grad_()
b = torch.tensor([10,20], dtype=torch.float64)
b.requires_grad_()

loss = torch.sum(x * b)
loss.backward()
print("x.grad =", x.grad)
print("b.grad =", b.grad)
