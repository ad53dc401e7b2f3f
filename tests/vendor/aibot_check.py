"""Tencent's own AI bot SDK against the simulator: subscribe, card, tap, update, message."""

import asyncio
import sys

import aibot.ws

# The simulator speaks without TLS.
aibot.ws._SSL_CONTEXT = None

from aibot import WSClient, WSClientOptions  # noqa: E402

from control import control, finish, press, violations  # noqa: E402

BASE, ADDRESS, BOT_ID, SECRET = sys.argv[1:5]


async def check():
    client = WSClient(WSClientOptions(bot_id=BOT_ID, secret=SECRET, ws_url=ADDRESS))
    ready = asyncio.Event()
    client.on("authenticated", lambda: ready.set())
    taps = []

    async def tapped(frame):
        body = frame["body"]
        taps.append(body)
        card = {
            "card_type": "text_notice",
            "main_title": {"title": "已同意"},
            "card_action": {"type": 1, "url": "https://suanpan.example/1"},
            "task_id": body["event"]["template_card_event"]["task_id"],
        }
        await client.update_template_card(frame, card, [body["from"]["userid"]])

    client.on("event.template_card_event", tapped)
    await client.connect()
    await asyncio.wait_for(ready.wait(), 10)
    card = {
        "card_type": "button_interaction",
        "main_title": {"title": "张三的报销"},
        "task_id": "by-aibot",
        "button_list": [{"text": "同意", "style": 1, "key": "yes"}, {"text": "拒绝", "style": 2, "key": "no"}],
    }
    await client.send_message("boss", {"msgtype": "template_card", "template_card": card})
    pressed = await asyncio.to_thread(press, BASE, "wecom_ai_bot", "by-aibot", "boss", "approve")
    assert pressed["status"] == 200, pressed
    assert taps[0]["event"]["template_card_event"]["event_key"] == "yes", taps
    phone = (await asyncio.to_thread(control, BASE, "/_sim/phones?user=boss"))["cards"]
    mine = [one["title"] for one in phone if one["platform"] == "wecom_ai_bot"]
    assert mine == ["已同意"], phone
    await client.send_message("boss", {"msgtype": "markdown", "markdown": {"content": "**您有待办**"}})
    broken = await asyncio.to_thread(violations, BASE)
    assert broken == [], broken


finish(check)
