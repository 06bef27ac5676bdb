"""Pictures: whatever is in the file, the result is a small upright JPEG or a BadPicture."""

import base64
import io

import pytest
from PIL import Image

from spacy_cotner.elicitation.images import BadPicture, encode_picture, find_picture
from spacy_cotner.elicitation.settings import ImageSettings


def save(path, image, **kwargs):
    image.save(path, **kwargs)
    return path


def encode(path, **settings):
    limits = ImageSettings(**settings)
    url = encode_picture(find_picture(str(path), limits), limits)
    head, body = url.split(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(body)))


MODES = "RGB PNG,RGBA PNG,P GIF,L JPEG,CMYK JPEG,LA PNG,1 PNG,I;16 PNG,RGB WEBP,RGB BMP,CMYK TIFF"


@pytest.mark.parametrize(("mode", "format"), [each.split() for each in MODES.split(",")])
def test_every_mode_becomes_rgb_jpeg(tmp_path, mode, format):
    path = save(tmp_path / "x", Image.new(mode, (40, 20)), format=format)
    result = encode(path)
    assert (result.format, result.mode, result.size) == ("JPEG", "RGB", (40, 20))


def test_scaled_down_to_the_longer_side(tmp_path):
    path = save(tmp_path / "x.jpg", Image.new("RGB", (1000, 500)))
    assert encode(path, max_side=100).size == (100, 50)


def test_small_ones_are_not_scaled_up(tmp_path):
    assert encode(save(tmp_path / "x.png", Image.new("RGB", (1, 1)))).size == (1, 1)


def test_orientation_is_applied_and_metadata_dropped(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "a secret camera"
    result = encode(save(tmp_path / "x.jpg", Image.new("RGB", (40, 20)), exif=exif))
    assert result.size == (20, 40)
    assert not result.getexif()


def test_transparency_becomes_white(tmp_path):
    result = encode(save(tmp_path / "x.png", Image.new("RGBA", (8, 8), (255, 0, 0, 0))))
    assert result.getpixel((4, 4)) == (255, 255, 255)


def test_animations_give_their_first_frame(tmp_path):
    frames = [Image.new("RGB", (16, 16), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    red, _, blue = encode(tmp_path / "x.gif").getpixel((8, 8))
    assert red > 200 > 50 > blue


def test_the_suffix_does_not_matter(tmp_path):
    assert encode(save(tmp_path / "x.png", Image.new("RGB", (9, 9)), format="JPEG")).size == (9, 9)


def bad_file(name, folder):
    path = folder / "x.jpg"
    if name == "empty":
        path.write_bytes(b"")
    elif name == "text":
        path.write_text("no picture")
    elif name == "truncated":
        save(path, Image.effect_noise((200, 200), 50))
        path.write_bytes(path.read_bytes()[:3000])
    elif name == "bomb":
        save(path, Image.new("1", (12000, 9000)), format="PNG")
    elif name == "folder":
        path.mkdir()
    return path


BAD = {
    "empty": "0 bytes",
    "text": "not a readable",
    "truncated": "not a readable",
    "bomb": "12000x9000 pixels, over elicit.images.max_pixels",
    "missing": "not found",
    "folder": "can't be read",
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("name", BAD)
def test_bad_files_say_why(tmp_path, name):
    with pytest.raises(BadPicture, match=BAD[name]):
        encode(bad_file(name, tmp_path))


def test_file_size_is_limited(tmp_path):
    path = save(tmp_path / "x.bmp", Image.new("RGB", (100, 100)))
    with pytest.raises(BadPicture, match="max_bytes"):
        encode(path, max_bytes=1000)


def test_addresses_need_permission():
    with pytest.raises(BadPicture, match="allow_urls"):
        find_picture("http://127.0.0.1/x.jpg", ImageSettings())


def test_data_urls(tmp_path):
    raw = save(tmp_path / "x.png", Image.new("RGB", (5, 5))).read_bytes()
    assert encode("data:image/png;base64," + base64.b64encode(raw).decode()).size == (5, 5)
    with pytest.raises(BadPicture, match="base64"):
        encode("data:image/png;base64,§§§")


def test_relative_paths_start_at_the_root(tmp_path):
    save(tmp_path / "x.png", Image.new("RGB", (5, 5)))
    assert encode("x.png", root=str(tmp_path)).size == (5, 5)


def test_identified_by_content_and_not_by_name(tmp_path):
    image = Image.new("RGB", (5, 5))
    one, two = (find_picture(str(save(tmp_path / n, image)), ImageSettings()) for n in ("a.png", "b.png"))
    assert one.digest == two.digest
    save(tmp_path / "b.png", Image.new("RGB", (6, 5)))
    assert find_picture(str(tmp_path / "b.png"), ImageSettings()).digest != one.digest
