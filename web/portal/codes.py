"""The QR code of a receipt."""

import io

import segno


def qr_code(link: str) -> str:
    """Return `link` as an SVG element with a title, black on white whatever the theme."""
    target = io.BytesIO()
    segno.make(link, error="m").save(
        target, kind="svg", scale=4, border=3, dark="#000", light="#fff", xmldecl=False, svgns=True, omitsize=True,
        title="QR", svgclass="qr", lineclass=None,
    )  # fmt: skip
    return target.getvalue().decode()
