/** Every page of the workbench: its address, and what loads when it is opened. */

import type { ComponentType } from "preact";

export interface Page {
  pattern: string;
  /** The module's default export is the page. */
  load: () => Promise<{ default: ComponentType }>;
}

export const PAGES: readonly Page[] = [
  { pattern: "/", load: () => import("./pages/home") },
  { pattern: "/search", load: () => import("./pages/search") },
  { pattern: "/tx/:txid", load: () => import("./pages/tx") },
  { pattern: "/address/:address", load: () => import("./pages/address") },
  { pattern: "/cluster/:address", load: () => import("./pages/cluster") },
  { pattern: "/service/:party", load: () => import("./pages/service") },
  { pattern: "/services", load: () => import("./pages/services") },
  { pattern: "/block/:block", load: () => import("./pages/block") },
  { pattern: "/tag/:id", load: () => import("./pages/tag") },
  { pattern: "/why", load: () => import("./pages/why") },
  { pattern: "/trace", load: () => import("./pages/trace") },
  { pattern: "/compare", load: () => import("./pages/compare") },
  { pattern: "/null-controls", load: () => import("./pages/null-controls") },
  { pattern: "/canvas", load: () => import("./pages/canvas") },
  { pattern: "/cases", load: () => import("./pages/cases") },
  { pattern: "/case/:case", load: () => import("./pages/case") },
  { pattern: "/case/:case/canvas", load: () => import("./pages/canvas") },
  { pattern: "/case/:case/journal", load: () => import("./pages/journal") },
  { pattern: "/case/:case/notes", load: () => import("./pages/notes") },
  { pattern: "/case/:case/exhibits", load: () => import("./pages/exhibits") },
  { pattern: "/case/:case/requests", load: () => import("./pages/requests") },
  { pattern: "/case/:case/table", load: () => import("./pages/table") },
  { pattern: "/case/:case/returns", load: () => import("./pages/returns") },
  { pattern: "/case/:case/forfeiture", load: () => import("./pages/forfeiture") },
  { pattern: "/case/:case/referrals", load: () => import("./pages/referrals") },
  { pattern: "/case/:case/disclosure", load: () => import("./pages/disclosure") },
  { pattern: "/case/:case/challenge", load: () => import("./pages/challenge") },
  { pattern: "/case/:case/report", load: () => import("./pages/report") },
  { pattern: "/status", load: () => import("./pages/status") },
  { pattern: "/help", load: () => import("./pages/help") },
];
