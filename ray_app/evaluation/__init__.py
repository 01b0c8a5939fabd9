"""How good ray-app is on judged collections: measured through the whole engine, with its defaults."""
