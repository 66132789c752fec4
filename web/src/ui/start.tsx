// The top of a room: where it begins, and in an empty one how others can join.
import type { Room } from '../chat/room';
import { t } from '../i18n';
import { Invite } from './invite';
import { Fruit } from './fruit';

export function RoomStart({ room }: { room: Room }) {
  const empty = !room.lines.some((line) => line.kind === 'say' || line.kind === 'act') && room.pending.length === 0;
  if (room.isQuery) return <div class="start small-start">{t('startOfQuery', room.name)}</div>;
  return (
    <div class={`start ${empty ? 'empty' : ''}`}>
      {empty && <Fruit />}
      <h2>{t('startOf', room.name)}</h2>
      {empty && (
        <>
          <p>{t('emptyRoom')}</p>
          <Invite room={room.name} />
        </>
      )}
    </div>
  );
}
