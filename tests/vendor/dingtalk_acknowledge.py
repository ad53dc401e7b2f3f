"""DingTalk's Python SDK doing nothing but acknowledging: the yardstick of the bench."""

import logging
import os
import sys

os.environ["DINGTALK_OPENAPI_ENDPOINT"] = sys.argv[1]

from dingtalk_stream import AckMessage, CallbackHandler, Credential, DingTalkStreamClient  # noqa: E402
from dingtalk_stream.card_callback import Card_Callback_Router_Topic  # noqa: E402


class Acknowledge(CallbackHandler):
    async def process(self, callback):
        return AckMessage.STATUS_OK, {}


logger = logging.getLogger("quiet")
logger.setLevel(logging.CRITICAL)
client = DingTalkStreamClient(Credential(sys.argv[2], sys.argv[3]), logger)
client.register_callback_handler(Card_Callback_Router_Topic, Acknowledge())
client.start_forever()
