"""ros2.py make FILE: writes a bag as ROS 2 tools do, and prints what it holds.
ros2.py read FILE: prints what mcap-ros2-support decodes of a file."""

import sys

from mcap_ros2.reader import read_ros2_messages
from mcap_ros2.writer import Writer

IMU = """\
std_msgs/Header header
float64[3] acceleration
uint8[] raw
================================================================================
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
"""


def show(topic, log_time, message):
    if hasattr(message, "data"):
        print(topic, log_time, message.data)
    else:
        print(
            topic,
            log_time,
            message.header.frame_id,
            message.header.stamp.sec,
            list(message.acceleration),
            sum(message.raw),
        )


def read(path):
    for each in read_ros2_messages(path):
        show(each.channel.topic, each.log_time_ns, each.ros_msg)


def make(path):
    with open(path, "wb") as file:
        writer = Writer(file)
        text = writer.register_msgdef("std_msgs/msg/String", "string data")
        imu = writer.register_msgdef("robot_msgs/msg/Imu", IMU)
        for i in range(50):
            writer.write_message(
                topic="/chatter", schema=text, message={"data": "hello %d" % i}, log_time=1000 + 2 * i
            )
            writer.write_message(
                topic="/imu",
                schema=imu,
                message={
                    "header": {"stamp": {"sec": i, "nanosec": 7}, "frame_id": "base"},
                    "acceleration": [1.5, -2.0, i],
                    "raw": bytes([i]) * (i * 100),
                },
                log_time=1001 + 2 * i,
            )
        writer.finish()
    read(path)


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    read(sys.argv[2])
