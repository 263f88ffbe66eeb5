"""The page's tabs: what each does, its components, and the fragments that the browser fetches by itself."""
