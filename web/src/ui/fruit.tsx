// The loquat: two fruits under their leaves.
const SRC = '/loquat.svg';

// Loaded with the page and kept, so that the picture can be drawn when the server is gone.
const kept = new Image();
kept.src = SRC;

export function Fruit() {
  return <img class="fruit" src={SRC} alt="" width={64} height={64} />;
}
