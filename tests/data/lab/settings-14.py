import torch
import torch.nn.functional as F

a = torch.tensor(2, dtype=torch.float32)
a.requires_grad_()
b = torch.tensor(1, dtype=torch.float32)
b.requires_grad_()

for i in range(3):
    y = a * a + b
    y.backward()
    print("a.grad =", a.grad)
    print("b.grad =", b.grad)
torch.optim.SGD([a, b], lr=0.01).step()
print("a =", a.detach())
print("b =", b.detach())
