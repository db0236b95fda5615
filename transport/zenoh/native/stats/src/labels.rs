//! What is counted apart, and its names in the text of metrics.

use zenoh_protocol::{
    core::Priority,
    network::NetworkBodyRef,
    zenoh::{PushBody, ResponseBody},
};

/// Names of the values of a label, in the order of their numbers.
pub type Names = &'static [&'static str];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceLabel {
    Subscriber,
    Queryable,
    Token,
}

pub const RESOURCES: Names = &["subscriber", "queryable", "token"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalityLabel {
    Local,
    Remote,
}

pub const LOCALITIES: Names = &["local", "remote"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageLabel {
    Put,
    Del,
    Query,
    Reply,
    ReplyErr,
    ResponseFinal,
    Interest,
    Declare,
    Oam,
}

pub const MESSAGES: Names = &[
    "put",
    "delete",
    "query",
    "reply",
    "reply-err",
    "response-final",
    "interest",
    "declare",
    "oam",
];

impl MessageLabel {
    /// Whether it is what a publisher sends.
    pub(crate) fn is_push(self) -> bool {
        matches!(self, MessageLabel::Put | MessageLabel::Del)
    }
}

impl From<NetworkBodyRef<'_>> for MessageLabel {
    fn from(body: NetworkBodyRef<'_>) -> Self {
        match body {
            NetworkBodyRef::Push(push) => match push.payload {
                PushBody::Put(_) => MessageLabel::Put,
                PushBody::Del(_) => MessageLabel::Del,
            },
            NetworkBodyRef::Request(_) => MessageLabel::Query,
            NetworkBodyRef::Response(response) => match response.payload {
                ResponseBody::Reply(_) => MessageLabel::Reply,
                ResponseBody::Err(_) => MessageLabel::ReplyErr,
            },
            NetworkBodyRef::ResponseFinal(_) => MessageLabel::ResponseFinal,
            NetworkBodyRef::Interest(_) => MessageLabel::Interest,
            NetworkBodyRef::Declare(_) => MessageLabel::Declare,
            NetworkBodyRef::OAM(_) => MessageLabel::Oam,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpaceLabel {
    User,
    Admin,
}

pub const SPACES: Names = &["user", "admin"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonLabel {
    AccessControl,
    Congestion,
    Downsampling,
    LowPass,
    NoLink,
}

pub const REASONS: Names = &["access-control", "congestion", "downsampling", "low-pass", "no-link"];

pub const SHM: Names = &["false", "true"];

pub fn priority(number: usize) -> String {
    Priority::try_from(number as u8).map_or(String::new(), |priority| priority.to_string())
}
