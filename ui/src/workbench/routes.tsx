/** Every page of the workbench: its address, and what loads when it is opened. */

import type { ComponentType } from "preact";

export interface Page {
  pattern: string;
  /** The module's default export is the page. */
  load: () => Promise<{ default: ComponentType }>;
}

export const PAGES: readonly Page[] = [
  { pattern: "/", load: () => import("./pages/Home") },
  { pattern: "/search", load: () => import("./pages/Search") },
  { pattern: "/tx/:txid", load: () => import("./pages/Tx") },
  { pattern: "/address/:address", load: () => import("./pages/Address") },
  { pattern: "/cluster/:address", load: () => import("./pages/Cluster") },
  { pattern: "/service/:party", load: () => import("./pages/Service") },
  { pattern: "/block/:block", load: () => import("./pages/Block") },
  { pattern: "/tag/:id", load: () => import("./pages/Tag") },
  { pattern: "/why", load: () => import("./pages/Why") },
  { pattern: "/trace", load: () => import("./pages/Trace") },
  { pattern: "/compare", load: () => import("./pages/Compare") },
  { pattern: "/null-controls", load: () => import("./pages/NullControls") },
  { pattern: "/canvas", load: () => import("./pages/Canvas") },
  { pattern: "/cases", load: () => import("./pages/Cases") },
  { pattern: "/case/:case", load: () => import("./pages/Case") },
  { pattern: "/case/:case/canvas", load: () => import("./pages/Canvas") },
  { pattern: "/case/:case/journal", load: () => import("./pages/Journal") },
  { pattern: "/case/:case/notes", load: () => import("./pages/Notes") },
  { pattern: "/case/:case/exhibits", load: () => import("./pages/Exhibits") },
  { pattern: "/case/:case/requests", load: () => import("./pages/Requests") },
  { pattern: "/case/:case/table", load: () => import("./pages/TableJoin") },
  { pattern: "/case/:case/returns", load: () => import("./pages/Returns") },
  { pattern: "/case/:case/forfeiture", load: () => import("./pages/Forfeiture") },
  { pattern: "/case/:case/report", load: () => import("./pages/Report") },
  { pattern: "/status", load: () => import("./pages/Status") },
  { pattern: "/help", load: () => import("./pages/Help") },
];
