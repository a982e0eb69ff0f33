"""A small file, and what sends it."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.test import TestResponse

HEADER = "id_atendimento;id_cliente;angel;polo;data_limite;data_de_atendimento"
CSV = f"{HEADER}\n1;2;Ana;SP - SAO PAULO;30/06/2021;29/06/2021 10:00:00\n".encode()

Send = Callable[..., TestResponse]
