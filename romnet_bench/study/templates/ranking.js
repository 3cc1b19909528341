// A ranking is an array: at index 0 the key of the best picture, null where a place is empty.
// Nothing here changes an array that it is given.

export const emptyRanking = (count) => Array(count).fill(null);

export const isComplete = (places) => !places.includes(null);

// Whether `value`, from a store that anybody may write to, ranks exactly these pictures.
export function isRanking(value, keys) {
  if (!Array.isArray(value) || value.length !== keys.length) return false;
  const ranked = value.filter((key) => key !== null);
  return new Set(ranked).size === ranked.length && ranked.every((key) => keys.includes(key));
}

export const takeOut = (places, key) => places.map((other) => (other === key ? null : other));

// Puts a picture at a place. Whatever stands there makes way: towards the place that the picture
// comes from, so that the others keep their order, or else to the nearest empty place.
export function putAt(places, key, place) {
  const from = places.indexOf(key);
  const next = takeOut(places, key);
  const hole = from < 0 ? nearestHole(next, place) : holeTowards(next, place, from);
  if (hole > place) next.copyWithin(place + 1, place, hole);
  if (hole < place) next.copyWithin(hole, hole + 1, place + 1);
  next[place] = key;
  return next;
}

// One step better (−1) or worse (+1); a picture without a place gets the best or worst empty one.
export function step(places, key, by) {
  const from = places.indexOf(key);
  if (from < 0) return putAt(places, key, by < 0 ? places.indexOf(null) : places.lastIndexOf(null));
  const to = Math.min(Math.max(from + by, 0), places.length - 1);
  return putAt(places, key, to);
}

function holeTowards(places, place, from) {
  const by = Math.sign(from - place);
  let hole = place;
  while (places[hole] !== null) hole += by;
  return hole;
}

function nearestHole(places, place) {
  for (let away = 0; away < places.length; away += 1) {
    if (places[place + away] === null) return place + away;
    if (places[place - away] === null) return place - away;
  }
  throw new RangeError("every place is taken");
}
