import torch
import torch.nn.functional as F

X = torch.tensor([[1],[2],[3]], dtype=torch.float64)
w = torch.tensor([[0.5]], dtype=torch.float64)
w.requires_grad_()
b = torch.tensor([0.25], dtype=torch.float64)
b.requires_grad_()
y = torch.tensor([[2],[4],[9]], dtype=torch.float64)
unused = torch.tensor(1, dtype=torch.float64)
unused.requires_grad_()

p = X @ w + b
loss = F.mse_loss(p, y)
loss.backward()
print("w.grad =", w.grad)
print("b.grad =", b.grad)
print("unused.grad =", unused.grad)
torch.optim.SGD([w, b, unused], lr=0.1).step()
print("w =", w.detach())
print("b =", b.detach())
print("unused =", unused.detach())
