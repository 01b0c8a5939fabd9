"""What a PDF holds beside its pages' text: form fields, annotations, attached files."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ray_app.records import Child, Failure

_MOST_ANNOTATIONS = 10_000
_TICKED = (pdfium_c.FPDF_FORMFIELD_CHECKBOX, pdfium_c.FPDF_FORMFIELD_RADIOBUTTON)
_VALUED = (pdfium_c.FPDF_FORMFIELD_TEXTFIELD, pdfium_c.FPDF_FORMFIELD_COMBOBOX, pdfium_c.FPDF_FORMFIELD_LISTBOX)
# Links and pop-ups say nothing of their own.
_SILENT = (pdfium_c.FPDF_ANNOT_LINK, pdfium_c.FPDF_ANNOT_POPUP)


def page_notes(document: pdfium.PdfDocument, page: pdfium.PdfPage) -> Iterator[str]:
    """A line for each form field that is filled in (`name: value`), and for each comment (`author: text`)."""
    for index in range(min(pdfium_c.FPDFPage_GetAnnotCount(page), _MOST_ANNOTATIONS)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            subtype = pdfium_c.FPDFAnnot_GetSubtype(annotation)
            if subtype == pdfium_c.FPDF_ANNOT_WIDGET:
                yield _field(document.formenv, annotation)
            elif subtype not in _SILENT:
                yield _comment(annotation)
        finally:
            pdfium_c.FPDFPage_CloseAnnot(annotation)


def attachments(document: pdfium.PdfDocument) -> Iterator[Child]:
    """The files attached to the document."""
    for index in range(document.count_attachments()):
        attachment = document.get_attachment(index)
        name = attachment.get_name() or "unnamed"
        try:
            yield Child(name, bytes(attachment.get_data()))
        except pdfium.PdfiumError as error:
            yield Child(name, b"", Failure("parse", "damaged", f"cannot be taken out of its PDF: {error}"))


def _field(form: Any, annotation: Any) -> str:
    if not form:
        return ""
    kind = pdfium_c.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in _TICKED and pdfium_c.FPDFAnnot_IsChecked(form, annotation):
        value = _string(pdfium_c.FPDFAnnot_GetFormFieldExportValue, form, annotation) or "yes"
    elif kind in _VALUED:
        value = _string(pdfium_c.FPDFAnnot_GetFormFieldValue, form, annotation)
    else:
        return ""
    label = _string(pdfium_c.FPDFAnnot_GetFormFieldAlternateName, form, annotation)
    path = _string(pdfium_c.FPDFAnnot_GetFormFieldName, form, annotation)
    name = label or path.rpartition(".")[2]
    return f"{name}: {value}" if value.strip() else ""


def _comment(annotation: Any) -> str:
    text = _string(pdfium_c.FPDFAnnot_GetStringValue, annotation, b"Contents").strip()
    author = _string(pdfium_c.FPDFAnnot_GetStringValue, annotation, b"T").strip()
    return f"{author}: {text}" if text and author else text


def _string(function: Callable[..., int], *arguments: Any) -> str:
    """What one of PDFium's functions writes into a buffer: UTF-16 with a final zero, asked for its size first."""
    size = function(*arguments, None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    function(*arguments, ctypes.cast(buffer, ctypes.POINTER(pdfium_c.FPDF_WCHAR)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")
