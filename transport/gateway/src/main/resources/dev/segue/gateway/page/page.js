// Joins the feed to what is shown.

import { keyOfHash } from './address.js';
import { LINE_LENGTH } from './charts.js';
import { Details } from './details.js';
import { byId, setText } from './dom.js';
import { Feed, unlock } from './feed.js';
import { bytesPerSecond, count, perSecond } from './format.js';
import { Objects } from './objects.js';
import { Table } from './table.js';

const STATES = { connecting: 'Connecting…', live: 'Live', locked: 'Locked', lost: 'Connection lost' };

const rates = new Map();
const table = new Table();
const details = new Details(byId('details'));
const objects = new Objects(byId('objects'));
const feed = new Feed(onTopics, onState);
let topics = [];
let state = 'connecting';
let lostAt = null;
let countdown = 0;

function onTopics(list) {
  const now = Date.parse(list.time);
  for (const topic of list.topics) {
    const history = rates.get(topic.key) ?? [];
    history.push(topic.perSecond);
    if (history.length > LINE_LENGTH) history.shift();
    rates.set(topic.key, history);
    topic.rates = history;
    topic.ageMillis = now - Date.parse(topic.lastSeen);
  }
  topics = list.topics;
  if (rates.size > topics.length) {
    const known = new Set(topics.map(topic => topic.key));
    for (const key of rates.keys()) {
      if (!known.has(key)) rates.delete(key);
    }
  }
  render();
}

function render() {
  const selected = keyOfHash(location.hash);
  const sum = name => topics.reduce((total, topic) => total + topic[name], 0);
  const words =
    `${count(topics.length)} ${topics.length === 1 ? 'topic' : 'topics'} · ` +
    `${perSecond(sum('perSecond'))} samples/s · ${bytesPerSecond(sum('bytesPerSecond'))}`;
  setText(byId('totals'), state === 'live' ? words : '');
  byId('empty').hidden = state !== 'live' || topics.length > 0;
  byId('main').hidden = state === 'locked' || topics.length === 0;
  document.body.classList.toggle('selecting', selected !== null);
  table.show(topics);
  table.select(selected);
  details.show(selected, topics.find(topic => topic.key === selected));
}

function onState(now, why, nextTry) {
  if (now === state && now === 'live') return;
  const before = state;
  state = now;
  byId('state').dataset.state = now;
  setText(byId('state'), STATES[now]);
  document.body.classList.toggle('stale', now === 'lost');
  byId('locked').hidden = now !== 'locked';
  byId('lost').hidden = now !== 'lost';
  if (now === 'lost') {
    lostAt ??= new Date();
    clearInterval(countdown);
    countdown = setInterval(() => sayLost(why, nextTry), 1000);
    sayLost(why, nextTry);
  } else if (now === 'live') {
    if (before === 'lost') details.restart();
    objects.open();
    lostAt = null;
  } else if (now === 'locked') {
    topics = [];
    byId('objects').hidden = true;
    byId('token').focus();
  }
  render();
}

function sayLost(why, nextTry) {
  const seconds = Math.round((nextTry - Date.now()) / 1000);
  const next = seconds > 0 ? `Next try in ${seconds}\u202fs.` : 'Trying now.';
  if (state === 'lost') setText(byId('lost-text'), `Since ${lostAt.toLocaleTimeString()}: ${why}. ${next}`);
  else clearInterval(countdown);
}

byId('retry').addEventListener('click', () => feed.open());
byId('unlock').addEventListener('submit', async event => {
  event.preventDefault();
  const refusal = await unlock(byId('token').value);
  setText(byId('refused'), refusal ?? '');
  if (refusal === null) {
    byId('token').value = '';
    feed.open();
  }
});
window.addEventListener('hashchange', () => {
  render();
  if (keyOfHash(location.hash) !== null) byId('details-key').focus();
});
window.addEventListener('resize', render);
window.addEventListener('keydown', event => {
  if (event.key === 'Escape' && keyOfHash(location.hash) !== null) location.hash = '';
});
feed.open();
