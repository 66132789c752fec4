// The loquat: two fruits under their leaves.
export function Fruit() {
  return <img class="fruit" src="/loquat.svg" alt="" width={64} height={64} />;
}
