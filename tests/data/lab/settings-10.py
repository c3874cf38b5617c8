import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
x = torch.tensor([[1], [2], [3], [4], [5]], dtype=torch.float32)
y_true = torch.tensor([[2], [4], [6], [8], [10]], dtype=torch.float32)

model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, weight_decay=0.5)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)

for epoch in range(60):
    y_pred = model(x)
    loss = F.mse_loss(y_pred, y_true)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    print(f"Epoch {epoch + 1}, Loss: {loss.item()}")
