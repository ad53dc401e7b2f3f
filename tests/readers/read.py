"""What other people's readers find in files: one JSON object a line.

An OFD file gives the fields that ofdkit finds, a PDF file the text that PDFium finds, all its pages.
"""

import json
import sys

import ofdkit
import pypdfium2


def of_ofd(path):
    invoice = ofdkit.extract_invoice(path)
    return {"fields": invoice.to_dict() if invoice else None}


def of_pdf(path):
    with pypdfium2.PdfDocument(path) as document:
        return {"text": "\n".join(page.get_textpage().get_text_range() for page in document)}


for path in sys.argv[1:]:
    found = of_ofd(path) if path.endswith(".ofd") else of_pdf(path)
    print(json.dumps({"file": path, **found}, ensure_ascii=False))
