"""From files to the index: the pipeline's stages, and how Ray Data runs them."""
