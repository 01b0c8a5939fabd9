import time
from playwright.sync_api import expect
from tests.page.browser import settle, overflow
def test_it(visit, books):
    t=time.time()
    p=visit("/?q=lease")
    print("goto",time.time()-t)
    settle(p); print("settled",time.time()-t)
    print(p.locator("li.hit").count(), p.evaluate("document.title"), overflow(p))
    p.screenshot(path="/tmp/check/a.png")
    p.goto("/?q=zebrafinch"); settle(p); p.screenshot(path="/tmp/check/b.png",full_page=True)
    print(p.evaluate("window.pwned"))
