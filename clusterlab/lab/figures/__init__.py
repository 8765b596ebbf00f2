"""Pictures: values become shapes and texts, live on a page or still as SVG."""
