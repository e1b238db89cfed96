import pytest

from web.presentation.devices import device


@pytest.mark.parametrize(
    ("user_agent", "shown"),
    [
        # Chrome claims to be Safari, Edge to be Chrome and Safari, an Android phone to be Linux
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 15; 2312) AppleWebKit/537.36 Chrome/130.0 MicroMessenger/8.0", "微信 · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("curl/8.5.0", ""),  # what is not known is not guessed
    ],
)
def test_a_device_is_named_as_its_owner_knows_it(user_agent: str, shown: str) -> None:
    assert device(user_agent) == shown
