// Numbers with units, as short as they can be told apart.

const DIGITS = [2, 1, 0];

function scaled(value, step, units) {
  let unit = 0;
  while (value >= step * 0.9995 && unit < units.length - 1) {
    value /= step;
    unit++;
  }
  const places = unit === 0 && Number.isInteger(value) ? 0 : DIGITS[value >= 99.95 ? 2 : value >= 9.995 ? 1 : 0];
  return `${value.toFixed(places)}\u202f${units[unit]}`;
}

/** Decimal units: a MB is a million bytes. */
export function bytes(value) {
  return scaled(value, 1000, ['B', 'kB', 'MB', 'GB', 'TB']);
}

export function bytesPerSecond(value) {
  return scaled(value, 1000, ['B/s', 'kB/s', 'MB/s', 'GB/s']);
}

export function micros(value) {
  return value < 60e6 ? scaled(value, 1000, ['µs', 'ms', 's']) : `${(value / 60e6).toFixed(1)}\u202fmin`;
}

export function perSecond(value) {
  return value === 0 ? '0' : value < 99.95 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}

export function count(value) {
  return value.toLocaleString('en');
}

export function ago(millis) {
  const seconds = Math.max(0, Math.round(millis / 1000));
  if (seconds < 2) return 'now';
  if (seconds < 100) return `${seconds}\u202fs ago`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes}\u202fmin ago` : `${Math.round(minutes / 60)}\u202fh ago`;
}
