// SPDX-License-Identifier: MIT
// A page of steps from first to last and back, by keys alone: what it says at each step, there and back again.
export async function walk(page, frame, steps) {
  await frame.evaluate(() => {
    const now = document.getElementById('now');
    globalThis.told = [now.textContent];
    new MutationObserver(() => globalThis.told.push(now.textContent)).observe(now, { childList: true });
  });
  for (const key of ['ArrowRight', 'ArrowLeft']) for (let i = 0; i < steps; i++) await page.keyboard.press(key);
  const told = await frame.evaluate(() => globalThis.told);
  return { there: told.slice(0, steps + 1), back: told.slice(steps).reverse() };
}
