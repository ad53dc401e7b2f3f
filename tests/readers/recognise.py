"""What other people's engines recognise in pictures: one JSON object a line, with the processor time of each.

`recognise.py rapidocr FILE…` uses RapidOCR on one thread, `recognise.py tesseract FILE…` the command line of Tesseract. The
last line says how much memory was needed at most, in megabytes.
"""

import json
import resource
import subprocess
import sys
import time


def tell(path, lines, seconds):
    print(json.dumps({"file": path, "lines": lines, "seconds": seconds}, ensure_ascii=False), flush=True)


def peak(who):
    # Linux counts kilobytes.
    print(json.dumps({"peak_megabytes": resource.getrusage(who).ru_maxrss / 1024}))


def rapidocr(paths):
    from rapidocr import RapidOCR

    threads = {"intra_op_num_threads": 1, "inter_op_num_threads": 1}
    engine = RapidOCR(
        params={f"EngineConfig.onnxruntime.{name}": count for name, count in threads.items()} | {"Global.log_level": "error"}
    )
    for path in paths:
        begun = time.process_time()
        found = engine(path)
        seconds = time.process_time() - begun
        texts = zip(found.boxes, found.txts, found.scores) if found.txts else ()
        lines = [
            {"text": text, "corners": [[float(x), float(y)] for x, y in box], "confidence": float(score)}
            for box, text, score in texts
        ]
        tell(path, lines, seconds)
    peak(resource.RUSAGE_SELF)


def tesseract(paths):
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    for path in paths:
        begun = used()
        command = ["tesseract", path, "stdout", "-l", "chi_sim", "--psm", "11", "tsv"]
        table = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        lines = []
        for row in table.splitlines():
            cells = row.split("\t")
            if len(cells) == 12 and cells[0] == "5" and cells[11].strip():
                left, top, width, height = (float(cell) for cell in cells[6:10])
                corners = [[left, top], [left + width, top], [left + width, top + height], [left, top + height]]
                lines.append({"text": cells[11].strip(), "corners": corners, "confidence": float(cells[10]) / 100})
        tell(path, lines, used() - begun)
    peak(resource.RUSAGE_CHILDREN)


{"rapidocr": rapidocr, "tesseract": tesseract}[sys.argv[1]](sys.argv[2:])
