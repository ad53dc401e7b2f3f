"""Alibaba's OpenAPI SDK for DingTalk against the simulator: token, card, update, robot message, error mapping."""

import sys

from alibabacloud_dingtalk.card_1_0 import models as card_models
from alibabacloud_dingtalk.card_1_0.client import Client as CardClient
from alibabacloud_dingtalk.oauth2_1_0 import models as oauth_models
from alibabacloud_dingtalk.oauth2_1_0.client import Client as OauthClient
from alibabacloud_dingtalk.robot_1_0 import models as robot_models
from alibabacloud_dingtalk.robot_1_0.client import Client as RobotClient
from alibabacloud_tea_openapi import models as open_api_models
from alibabacloud_tea_util import models as util_models

from control import control, finish, violations

BASE, CLIENT_ID, CLIENT_SECRET, TEMPLATE = sys.argv[1:5]


def config():
    made = open_api_models.Config(protocol="http", region_id="central")
    made.endpoint = BASE.removeprefix("http://")
    return made


def check():
    oauth = OauthClient(config())
    body = oauth.get_access_token(
        oauth_models.GetAccessTokenRequest(app_key=CLIENT_ID, app_secret=CLIENT_SECRET)
    ).body
    assert body.expire_in == 7200, body
    runtime = util_models.RuntimeOptions()

    cards = CardClient(config())
    headers = card_models.CreateAndDeliverHeaders(x_acs_dingtalk_access_token=body.access_token)
    request = card_models.CreateAndDeliverRequest(
        card_template_id=TEMPLATE,
        out_track_id="by-alibabacloud",
        callback_type="STREAM",
        user_id_type=1,
        card_data=card_models.CreateAndDeliverRequestCardData(
            card_param_map={"title": "张三的报销", "status": "待处理", "open": "true"}
        ),
        open_space_id="dtv1.card//IM_ROBOT.boss",
        im_robot_open_space_model=card_models.CreateAndDeliverRequestImRobotOpenSpaceModel(support_forward=False),
        im_robot_open_deliver_model=card_models.CreateAndDeliverRequestImRobotOpenDeliverModel(
            space_type="IM_ROBOT", robot_code=CLIENT_ID
        ),
    )
    made = cards.create_and_deliver_with_options(request, headers, runtime).body
    assert made.success and made.result.deliver_results[0].success, made

    headers = card_models.UpdateCardHeaders(x_acs_dingtalk_access_token=body.access_token)
    cards.update_card_with_options(
        card_models.UpdateCardRequest(
            out_track_id="by-alibabacloud",
            user_id_type=1,
            card_data=card_models.UpdateCardRequestCardData(card_param_map={"status": "已同意"}),
            card_update_options=card_models.UpdateCardRequestCardUpdateOptions(update_card_data_by_key=True),
        ),
        headers,
        runtime,
    )
    card = next(one for one in control(BASE, "/_sim/cards") if one["outTrackId"] == "by-alibabacloud")
    assert card["cardData"] == {"title": "张三的报销", "status": "已同意", "open": "true"}, card

    robot = RobotClient(config())
    headers = robot_models.BatchSendOTOHeaders(x_acs_dingtalk_access_token=body.access_token)
    sent = robot.batch_send_otowith_options(
        robot_models.BatchSendOTORequest(
            robot_code=CLIENT_ID, user_ids=["boss"], msg_key="sampleText", msg_param='{"content": "您有待办"}'
        ),
        headers,
        runtime,
    ).body
    assert sent.flow_controlled_staff_id_list == [], sent
    assert violations(BASE) == [], violations(BASE)

    try:
        cards.create_and_deliver_with_options(request, headers, runtime)
        raise AssertionError("a key is used once")
    except Exception as error:  # noqa: BLE001: the SDK raises its own class
        assert getattr(error, "code", "") == "param.cardAlreadyExist", error


finish(check)
