"""Small files of every format, made here so that each test says what is in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

PAGE = """<!DOCTYPE html><html><head><title>Kyiv spoke | The Post</title>
<link rel="canonical" href="https://post.example/world/kyiv">
<meta property="og:title" content="Kyiv spoke"><meta name="author" content="Olena Ko">{head}</head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li></ul></nav>
<article><h1>Kyiv spoke</h1>
<p>Ukraine announced that it has recaptured a platform in the <b>Black Sea</b>. It was seized in 2015.</p>
<p>Officials said the operation was long &amp; had several stages, each of them prepared with care.</p>
<p>Nobody was harmed, a spokesman said on Wednesday, and the work went on as planned.</p></article>
<script>var secret = 1;</script><footer>Copyright 2019 The Post. All rights reserved.</footer></body></html>"""


def page(head: str = "") -> bytes:
    return PAGE.replace("{head}", head).encode()


def pdf(pages: Sequence[str], about: dict[str, str] | None = None, password: str | None = None) -> bytes:
    """Each page's lines, set one under the other."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for text in pages:
        sheet = writer.add_blank_page(600, 800)
        sheet[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        shown = "".join(f"({line}) Tj 0 -14 Td " for line in text.split("\n"))
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 50 750 Td {shown} ET".encode("latin-1") if text else b"")
        sheet[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata(about or {})
    if password is not None:
        writer.encrypt(password, algorithm="RC4-128")
    data = io.BytesIO()
    writer.write(data)
    return data.getvalue()


def docx(*paragraphs: str, rows: Sequence[Sequence[str]] = (), title: str = "") -> bytes:
    import docx as word

    document = word.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    document.core_properties.title = title
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def repacked(data: bytes, name: str, part: bytes | None) -> bytes:
    """A zip file with one part replaced, or left out."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info.filename, old.read(info))
        if part is not None:
            new.writestr(name, part)
    return made.getvalue()


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>The Post</title>
<item><title>Kyiv &amp;amp; Odesa</title><link>https://post.example/a</link>
<guid>https://post.example/?p=1</guid><pubDate>Wed, 08 Nov 2023 23:30:00 -0500</pubDate>
<dc:creator>Olena Ko</dc:creator><description>Short.</description>
<content:encoded>
<![CDATA[<p>Ukraine <b>announced</b> it.</p><script>x()</script><p>Twice.</p>]]></content:encoded></item>
<item><title>Only a title</title><link>https://post.example/b</link></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>The Post</title><entry>
<id>tag:post.example,2023:1</id><title type="html">Kyiv &lt;b&gt;spoke&lt;/b&gt;</title>
<link href="https://post.example/a"/><updated>2023-11-10T00:00:00Z</updated>
<published>2023-11-08T10:00:00+02:00</published><author><name>Olena Ko</name></author>
<summary type="html">Plain &lt;p&gt;words&lt;/p&gt;</summary></entry></feed>"""
