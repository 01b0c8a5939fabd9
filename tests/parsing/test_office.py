"""Word, PowerPoint, OpenDocument, rich text, and their older kinds."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import odfdo
import pptx
import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.shared import Inches
from lxml import etree
from msoffcrypto.format.ooxml import OOXMLFile
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE

from ray_app.parsing.charts import written_text
from tests.parsing.reading import lines, parse, reason, saved, text
from tests.parsing.samples import odp, odt, presentation, workbook, zipped

OOXML = "http://schemas.openxmlformats.org"


def docx():
    document = Document()
    document.sections[0].header.paragraphs[0].text = "Ærøskøbing Værft"
    document.sections[0].footer.paragraphs[0].text = "Fortroligt"
    document.add_heading("Tilbud", 1)
    run = document.add_paragraph("Vi tilbyder følgende:").runs[0]
    table = document.add_table(2, 2)
    for index, word in enumerate(("Vare", "Pris", "Mast\nog sejl", "12.000")):
        table.cell(index // 2, index % 2).text = word
    document.add_comment(run, text="Er prisen rigtig?", author="Ida")
    return saved(document)


def test_word_has_header_text_rows_comments_and_footer():
    parsed = parse(docx(), "x.docx")
    read = lines(parsed)
    assert read[0] == "Ærøskøbing Værft"
    assert read[-1] == "Fortroligt"
    assert "Vare | Pris" in read
    assert "Mast og sejl | 12.000" in read
    assert "Er prisen rigtig?" in text(parsed)
    assert parsed.title == "Tilbud"


def test_charts_and_diagrams_of_word_are_read_after_its_text():
    deck = pptx.Presentation()
    data = CategoryChartData()
    data.categories = ["forår", "efterår"]
    data.add_series("Sild", (4, None))
    frame = deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_chart(XL_CHART_TYPE.LINE, 0, 0, 9, 9, data)
    stream = io.BytesIO(docx())
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("word/charts/chart1.xml", frame.chart.part.blob)
        archive.writestr("word/diagrams/data1.xml", "<d><a:t xmlns:a='urn:a'>Kaj 4</a:t></d>")
    assert lines(parse(stream.getvalue(), "x.docx"))[-4:] == ["| forår | efterår", "Sild | 4", "Kaj 4", "Fortroligt"]


def word_with(xml):
    document = Document()
    names = 'xmlns:w="{}/wordprocessingml/2006/main" xmlns:m="{}/officeDocument/2006/math"'
    document.element.body.insert(0, parse_xml(f"<w:p {names.replace('{}', OOXML)}>{xml}</w:p>"))
    return saved(document)


@pytest.mark.parametrize(
    ("xml", "read"),
    [
        ("<m:oMath><m:r><m:t>E=mc2</m:t></m:r></m:oMath>", "E=mc2"),
        (
            "<m:oMathPara><m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num>"
            "<m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath></m:oMathPara>",
            "1/2",
        ),
        ('<w:fldSimple w:instr="DATE"><w:r><w:t>1. maj</w:t></w:r></w:fldSimple>', "1. maj"),
    ],
)
def test_equations_and_fields_of_word_stand_in_their_sentence(xml, read):
    around = '<w:r><w:t xml:space="preserve">Det er </w:t></w:r>{}<w:r><w:t xml:space="preserve"> nu</w:t></w:r>'
    assert lines(parse(word_with(around.format(xml)), "x.docx")) == [f"Det er {read} nu"]


def test_line_breaks_in_headers_of_word_part_words():
    document = Document()
    run = document.sections[0].header.paragraphs[0].add_run("Ærø Værft")
    run.add_break()
    run.add_text("Havnen 5")
    assert lines(parse(saved(document), "x.docx")) == ["Ærø Værft", "Havnen 5"]


def test_word_table_of_one_column_keeps_its_paragraphs():
    document = Document()
    document.add_table(1, 1).cell(0, 0).text = "Første afsnit\nAndet afsnit"
    assert lines(parse(saved(document), "x.docx")) == ["Første afsnit", "Andet afsnit"]


def test_titles_that_office_programs_make_up_are_not_titles():
    deck = pptx.Presentation(io.BytesIO(presentation()))
    deck.core_properties.title = "PowerPoint-præsentation"
    assert parse(saved(deck), "x.pptx").title == "Planen for året"


def test_slides_are_pages_with_tables_and_notes():
    parsed = parse(presentation(), "x.pptx")
    assert [page.text for page in parsed.pages] == [
        "Planen for året\nkvartal | mål\nførste | ti både\nHusk kaffen",
        "Anden side",
    ]


def test_charts_and_grouped_shapes_of_slides_are_read():
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    data = CategoryChartData()
    data.categories = ["forår", "efterår"]
    data.add_series("Sild", (4, 7.5))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(2), Inches(2), data)
    slide.shapes.add_group_shape().shapes.add_textbox(0, 0, 9, 9).text_frame.text = "I en gruppe"
    read = lines(parse(saved(deck), "x.pptx"))
    assert "Sild | 4 | 7.5" in read
    assert "| forår | efterår" in read
    assert "I en gruppe" in read


def test_a_shape_that_newer_programs_show_is_read_in_its_place():
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    boxes = [shapes.add_textbox(0, 0, 9, 9) for _ in range(3)]
    for box, words in zip(boxes, ("Før", "Med en formel", "Efter"), strict=True):
        box.text_frame.text = words
    element = boxes[1]._element
    alternate = etree.Element("{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent")
    element.addprevious(alternate)
    etree.SubElement(alternate, alternate.tag.replace("AlternateContent", "Choice"), Requires="a14").append(element)
    assert lines(parse(saved(deck), "x.pptx")) == ["Før", "Med en formel", "Efter"]


def test_runs_of_a_paragraph_in_a_diagram_are_one_line():
    paragraph = "<a:p>{}</a:p>".format(
        "".join(f"<a:r><a:t>{run}</a:t></a:r>" for run in ("Kvalitets", "sikring ", "her"))
    )
    part = f"<d xmlns:a='urn:a'>{paragraph}<a:p><a:r><a:t>Kaj 4</a:t></a:r></a:p><text>God idé</text></d>"
    assert written_text(part.encode()) == "Kvalitetssikring her\nKaj 4\nGod idé"


def test_dates_along_a_chart_are_read_as_dates_and_scattered_points_with_both_values():
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    days = CategoryChartData()
    days.categories = [date(2024, 5, 6), date(2024, 5, 7)]
    days.add_series("Sild", (4, 7.5))
    shapes.add_chart(XL_CHART_TYPE.LINE, 0, 0, 9, 9, days)
    points = XyChartData()
    series = points.add_series("Torsk")
    series.add_data_point(1.5, 20)
    series.add_data_point(2, 30)
    shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, 0, 0, 9, 9, points)
    read = lines(parse(saved(deck), "x.pptx"))
    assert read == ["| 2024-05-06 | 2024-05-07", "Sild | 4 | 7.5", "| 1.5 | 2", "Torsk | 20 | 30"]


def test_opendocument_text_is_read_with_rows_and_title():
    parsed = parse(odt(), "x.odt")
    assert lines(parsed) == [
        *("Referat", "Mødet begyndte for sent."),
        *("navn | beløb", "Ærø | 12.5", "Bornholm | 7"),
    ]
    assert parsed.title == "Referat"


def test_opendocument_lists_notes_and_spaces_are_kept_and_deleted_text_is_not():
    document = odfdo.Document("text")
    document.body.clear()
    paragraph = odfdo.Paragraph("Havnen  er")
    paragraph.append(odfdo.Element.from_tag("<text:tab/>"))
    paragraph.append(odfdo.Element.from_tag("<text:span>lukket</text:span>"))
    changed = "<text:changed-region><text:p>slettet</text:p></text:changed-region>"
    gone = f"<text:tracked-changes>{changed}</text:tracked-changes>"
    for element in (odfdo.Element.from_tag(gone), paragraph, odfdo.List(["mandag", "tirsdag"])):
        document.body.append(element)
    assert lines(parse(saved(document), "x.odt")) == ["Havnen er lukket", "* mandag", "* tirsdag"]


def test_opendocument_text_stands_between_its_headers_and_footers():
    part = "<style:{0}><text:p>{1}</text:p></style:{0}>"
    names = 'xmlns:office="urn:o" xmlns:style="urn:s" xmlns:text="urn:t"'
    above = part.format("header", "Ærø Værft<text:line-break/>Havnen 5") + part.format("header-left", "Ærø Værft")
    below = part.format("footer", "Fortroligt") + part.format("footer-first", "<text:page-number>1</text:page-number>")
    master = f"<office:master-styles><style:master-page>{above}{below}</style:master-page></office:master-styles>"
    stream = io.BytesIO(odt())
    with zipfile.ZipFile(stream, "a") as archive:
        del archive.NameToInfo["styles.xml"]
        archive.writestr("styles.xml", f"<office:document-styles {names}>{master}</office:document-styles>")
    read = lines(parse(stream.getvalue(), "x.odt"))
    assert (read[:3], read[-1]) == (["Ærø Værft", "Havnen 5", "Referat"], "Fortroligt")


def test_opendocument_slides_are_pages():
    parsed = parse(odp(), "x.odp")
    assert [page.text.strip() for page in parsed.pages] == ["Dias nummer 1", "Dias nummer 2"]


def test_rich_text_in_its_code_page_with_title_date_and_table():
    source = (
        rb"{\rtf1\ansi\ansicpg1252{\info{\title F\'e6rgen til \u198?r\'f8}{\revtim\yr2024\mo5\dy6}}"
        rb"K\'e6re K\u248?ge\par\trowd navn\cell bel\'f8b\cell\row Bo\cell 7\cell\row}"
    )
    parsed = parse(source, "x.rtf")
    assert (parsed.title, parsed.date) == ("Færgen til Ærø", "2024-05-06")
    assert lines(parsed) == ["Kære Køge", "navn|beløb|", "Bo|7|"]


def test_what_stands_around_rich_text_is_read():
    source = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}}"
        rb"{\info{\creatim\yr2020\mo1\dy2}{\revtim\yr2024\mo5\dy6}}"
        rb"{\headerl\pard \'c6r\'f8 V\'e6rft\par}{\headerr\pard \'c6r\'f8 V\'e6rft\par}{\footer Fortroligt\par}"
        rb"Teksten{\footnote\pard Noten \{1\}} g\'e5r videre{\*\annotation{\*\atnref 1} Er det rigtigt?}\par "
        rb"{\shp{\*\shpinst{\shptxt\pard {\f1\'cf\'f0\'e8\'e2\'e5\'f2}\par}}"
        rb"{\shprslt{\*\do{\dptxbxtext\pard {\f1\'cf\'f0\'e8\'e2\'e5\'f2}\par}}}}}"
    )
    parsed = parse(source, "x.rtf")
    assert parsed.date == "2024-05-06"
    around = ["Noten {1}", "Er det rigtigt?", "Привет", "Fortroligt"]
    assert lines(parsed) == ["Ærø Værft", "Teksten går videre", *around]


@pytest.mark.parametrize(("build", "name"), [(docx, "x.docx"), (workbook, "x.xlsx")])
def test_a_protected_office_file_is_opened_by_one_of_the_passwords(build, name):
    stream = io.BytesIO()
    OOXMLFile(io.BytesIO(build())).encrypt("hemmelig", stream)
    assert reason(stream.getvalue(), name) == "password"
    assert reason(stream.getvalue(), name, passwords=("wrong",)) == "password"
    opened = parse(stream.getvalue(), name, passwords=("wrong", "hemmelig"))
    assert text(opened) == text(parse(build(), name))
    assert opened.media_type == parse(build(), name).media_type


def test_office_packages_of_other_programs_are_no_archives():
    drawing = zipped({"[Content_Types].xml": "<Types>application/vnd.ms-visio.drawing.main+xml</Types>"})
    assert reason(drawing, "x.vsdx") == "unsupported_format"


def test_a_word_document_without_its_parts_is_damaged():
    kinds = "<Types>wordprocessingml.document.main+xml</Types>"
    assert reason(zipped({"[Content_Types].xml": kinds}), "x.docx") == "damaged"


def test_older_word_keeps_the_rows_of_tables(shared_data):
    parsed = parse((shared_data / "B_office/docling-project__docling/legacy_sample.doc").read_bytes(), "x.doc")
    assert "Leaves | Ash, Elm, Maple | 50" in lines(parsed)
    assert "SEQ" not in text(parsed)


def test_older_powerpoint_has_slides_and_notes_but_no_placeholders(shared_data):
    parsed = parse((shared_data / "B_office/docling-project__docling/legacy_sample.ppt").read_bytes(), "x.ppt")
    assert lines(parsed)[:2] == ["Test Table Slide", "With footnote"]
    assert "Some notes on the second slide." in text(parsed)
    assert "Click to edit" not in text(parsed)
