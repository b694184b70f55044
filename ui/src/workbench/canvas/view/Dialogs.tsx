/** The dialog that is asked for, if one is. */

import type { JSX } from "preact";
import { useStore } from "../../store";
import { AddDialog } from "./AddDialog";
import { ChooseDialog } from "./ChooseDialog";
import type { Desk } from "./desk";
import { ExportDialog, PicturesDialog, SnapshotDialog } from "./KeepDialogs";
import type { Keeper } from "./keeping";
import { NoteDialog } from "./NoteDialog";
import { KeyHelp, Palette } from "./Palette";
import { ColourDialog, DustDialog, ExhibitDialog, FindDialog, GroupDialog } from "./SmallDialogs";

export function Dialogs({ desk, keeper }: { desk: Desk; keeper: Keeper | null }): JSX.Element | null {
  const asking = useStore(desk.asking);
  switch (asking?.kind) {
    case undefined:
      return null;
    case "add":
      return <AddDialog desk={desk} />;
    case "expand":
      return <ChooseDialog desk={desk} node={asking.node} direction={asking.direction} />;
    case "note":
      return <NoteDialog desk={desk} on={asking.on} {...(asking.id === undefined ? {} : { id: asking.id })} />;
    case "group":
      return <GroupDialog desk={desk} ids={asking.ids} />;
    case "exhibit":
      return <ExhibitDialog desk={desk} item={asking.item} />;
    case "dust":
      return <DustDialog desk={desk} />;
    case "colour":
      return <ColourDialog desk={desk} />;
    case "find":
      return <FindDialog desk={desk} />;
    case "palette":
      return <Palette desk={desk} />;
    case "help":
      return <KeyHelp desk={desk} />;
    case "export":
      return <ExportDialog desk={desk} />;
    case "snapshot":
      return <SnapshotDialog desk={desk} keeper={keeper} />;
    case "pictures":
      return <PicturesDialog desk={desk} />;
  }
}
